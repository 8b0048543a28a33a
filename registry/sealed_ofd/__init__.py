"""Reading a sealed e-certificate and judging it: OFD (GB/T 33190-2016), electronic seal (GB/T 38540-2020), SM2 (GB/T 32918), SM3 (GB/T 32905).

Nothing here signs, and nothing here is secret. Read leniently, judge strictly: what real vendors write differently is read, and what is
judged is judged by the bytes as they were received.
"""
