"""How good found joints are, by the field's own figures: AP and AR by OKS, PCK and PCKh."""
