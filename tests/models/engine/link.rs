//! The link without what reserves its memory.

#[path = "../../../src/engine/link/chunk.rs"]
mod chunk;
#[path = "../../../src/engine/link/chunks.rs"]
mod chunks;
#[path = "../../../src/engine/link/count.rs"]
mod count;
#[path = "../../../src/engine/link/duplicates.rs"]
mod duplicates;
#[path = "../../../src/engine/link/history.rs"]
mod history;
#[path = "../../../src/engine/link/numbers.rs"]
mod numbers;
#[path = "../../../src/engine/link/occupancy.rs"]
mod occupancy;
#[path = "../../../src/engine/link/pauses.rs"]
mod pauses;
#[path = "../../../src/engine/link/pipes.rs"]
mod pipes;
#[path = "../../../src/engine/link/pool.rs"]
mod pool;
#[path = "../../../src/engine/link/shared.rs"]
mod shared;
#[path = "../../../src/engine/link/snapshot.rs"]
mod snapshot;
#[path = "../../../src/engine/link/stops.rs"]
mod stops;
#[path = "../../../src/engine/link/store.rs"]
mod store;

pub use chunk::Batch;
pub use chunks::{Consumer, Next, Room};
pub use duplicates::Passable;
pub use shared::{InputEnd, Link};
pub use snapshot::Marks;
