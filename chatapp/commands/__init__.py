"""What the person can do, declared once: slash, key and palette come from here."""
