"""Networks from pictures to maps, as plain modules, their description and weights, and estimators made of them."""
