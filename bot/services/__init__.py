"""What Praatje does, one file per family: plain synchronous SQLAlchemy that never commits.

An edge opens one transaction and calls one service; `now` is passed in.
"""
