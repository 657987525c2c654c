"""The simulator: contracts, customers, their mail and its ground truth, all from one seed."""
