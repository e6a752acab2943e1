"""Set-up and checks from a fresh clone; standard library only, for any Python from 3.8."""
