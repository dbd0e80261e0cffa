//! The control plane: uploads, playback, the catalog over HTTP.
