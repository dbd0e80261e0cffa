//! The suite of documents.
