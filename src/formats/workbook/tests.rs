//! Workbooks of other layouts, made here and read back.
