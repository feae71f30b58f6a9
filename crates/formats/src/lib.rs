//! Every outside format: readers and writers.

