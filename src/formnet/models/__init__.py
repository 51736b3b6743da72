"""Networks of the judges, plain `nn.Module`s."""
