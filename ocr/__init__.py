"""Reading checks: an image in, ranked candidates with probabilities out; knows no contracts and no database."""
