//! Counts of what the heap did. One definition per quantity; units are in the names.

/// Counted while running; exact and deterministic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapStatistics {
    /// Blocks handed out, strings included.
    pub allocations: u64,
    /// Blocks taken back, by whomever.
    pub frees: u64,
    /// `heap_free` calls that the strategy ignored.
    pub ignored_frees: u64,
    /// Bytes asked for, in all.
    pub allocated_bytes: u64,
    /// Bytes asked for in blocks that are live now.
    pub live_bytes: u64,
    /// Greatest `live_bytes` so far.
    pub peak_live_bytes: u64,
    /// Bytes obtained from the simulated operating system.
    pub footprint_bytes: u64,
    /// Bytes of headers of live blocks and of the allocator's own area, now.
    pub header_bytes: u64,
    /// Bytes that rounding up wastes in live blocks, now.
    pub padding_bytes: u64,
    /// Bytes free inside the footprint, now.
    pub free_bytes: u64,
    /// Longest free run in bytes, now.
    pub largest_free_bytes: u64,
    /// Free runs looked at.
    pub search_steps: u64,
    /// Free runs cut in two.
    pub splits: u64,
    /// Free runs joined with a neighbour.
    pub coalesces: u64,
    /// Requests to the simulated operating system.
    pub page_requests: u64,
    /// Collections.
    pub collections: u64,
    /// Nanoseconds spent collecting (host clock; not deterministic).
    pub collection_ns: u64,
    /// Longest collection in nanoseconds (host clock; not deterministic).
    pub longest_pause_ns: u64,
    /// Counts incremented.
    pub retains: u64,
    /// Counts decremented.
    pub releases: u64,
}
