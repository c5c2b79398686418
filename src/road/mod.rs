//! The roads a byte can take from the source to the sink. One so far: through our own buffers.

mod buffered;
mod reader;
mod writer;

pub use buffered::{Flow, Running, start};
pub use reader::ReaderEnd;
pub use writer::WriterEnd;
