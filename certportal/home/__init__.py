"""The signatory's start page, their record of what was done, help pages."""
