"""The books: regions, authorities, owners, users, machines and certificates, with their numbers and identifiers.

Every function takes the database connection first and never commits; the use case that called it does.
"""
