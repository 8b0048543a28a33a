"""Clients of the two platforms of other organisations, with everything that makes a call safe: time-outs, log, pace, breaker."""
