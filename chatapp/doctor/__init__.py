"""What may be wrong with an installation, looked for by checks that know how to mend it."""
