"""How well a few typed characters name something: the ranking behind menus that filter."""


def name_rank(typed: str, name: str) -> int | None:
    """Rank a name: 0 the name itself, 1 its beginning, 2 a part, 3 its letters in order.

    None when it does not match. Case does not matter.
    """
    typed, name = typed.casefold(), name.casefold()
    if typed == name:
        return 0
    if name.startswith(typed):
        return 1
    if typed in name:
        return 2
    letters = iter(name)
    return 3 if all(letter in letters for letter in typed) else None


def has_all_words(typed: str, text: str) -> bool:
    """Whether every typed word is somewhere in the text, in any case and order."""
    folded = text.casefold()
    return all(word in folded for word in typed.casefold().split())
