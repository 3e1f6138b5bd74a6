"""Outputs: released figures together with their recipe and the evidence beneath them."""
