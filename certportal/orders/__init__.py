"""The certificate application: order, correct, send anew, cancel."""
