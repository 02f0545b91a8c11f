"""The transcript engine: a virtual, incremental view of a conversation.

From the person down to the text; each knows only what stands beside it and below.

- `transcript_view`: what keys and mouse (`clicks`) do, and ask of the app.
- `conversation_canvas`: what the app shows, and where it makes it go.
- `line_canvas`: rows of strips on the screen; knows no conversation.
- `viewport`: what is in view: where the reader is (`follow`), which message has the focus
  (`message_focus`) and which keys act on it (`reading_keys`), what is looked for (`find`) and
  selected (`selection`), the rows in view (`painter`, `new_lines_badge`).
- `timeline`: all messages, each made an entry when someone comes near (`height_index`).
- `message_entry`: one message as sections below each other (`section_run`): its header
  (`header_sections`), its parts (`part_sections`, `fold_section`), its ending
  (`ending_sections`).
- `tool_call_section`: a call with its arguments (`argument_rows`, `argument_language`) and its
  answer (`tool_answer_rows`), in rows (`row_stack`), folded to a label (`tool_labels`,
  `tool_text`).
- `sections`: what messages are made of: labels, and texts.
- `text_flow`: a text that grows (`growing_text`) as lines: plain (`plain_flow`), code
  (`code_flow`) or Markdown (`markdown_flow`).
- `block_lines`: blocks of Markdown as lines: running text and HTML (`leaf_lines`), fences
  (`fence_lines`, `code_tokens`), tables (`table_lines`, `table_columns`), words
  (`inline_markup`, `styled_text`).
- `markdown_blocks`: Markdown to blocks, line by line (`line_cursor`, `block_openings`,
  `block_patterns`), as a tree that grows (`block_tree`, `tree_editor`).
- `text_line`: a line, and where lines break (`wrapping`).
- `palette`: the styles of everything, and those of labels (`inks`).
"""
