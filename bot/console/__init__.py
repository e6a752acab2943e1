"""The console in which coordinators review, hand over and close what Praatje noticed."""
