package io.github.dualwrite.verify;

import io.github.dualwrite.spi.BucketDigest;
import io.github.dualwrite.spi.Split;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a run is, all that the next one needs to go on. What a page brings and the position after it are noted together, so a checkpoint
 * counts no page twice and leaves none out. Safe for use by many threads.
 */
final class RunState {

    private static final class Part {
        private final Map<String, Checkpoint.Position> splits = new LinkedHashMap<>();
        private final BucketSums sums;
        private long rows;
        private long unreadable;

        Part(BucketSums sums) {
            this.sums = sums;
        }

        Checkpoint.Part saved() {
            return new Checkpoint.Part(List.copyOf(splits.values()), sums.copy(), rows, unreadable);
        }
    }

    private final Map<String, String> print;
    private final Instant started;
    private final Duration before;
    private final int runs;
    private final int mostUnreadable;
    private final Map<Side, Part> parts = new EnumMap<>(Side.class);
    private final List<Unreadable> unreadable = new ArrayList<>();
    private final Map<Integer, Counts> passes = new HashMap<>();

    private RunState(Map<String, String> print, Instant started, Duration before, int runs, int mostUnreadable) {
        this.print = print;
        this.started = started;
        this.before = before;
        this.runs = runs;
        this.mostUnreadable = mostUnreadable;
    }

    static RunState begin(
            Map<String, String> print,
            Instant now,
            int buckets,
            int mostUnreadable,
            List<Split> authority,
            List<Split> follower) {
        RunState state = new RunState(print, now, Duration.ZERO, 1, mostUnreadable);
        state.add(Side.AUTHORITY, authority, buckets);
        state.add(Side.FOLLOWER, follower, buckets);
        return state;
    }

    private void add(Side side, List<Split> splits, int buckets) {
        Part part = new Part(new BucketSums(buckets));
        splits.forEach(split -> part.splits.put(split.range(), new Checkpoint.Position(split, null, false)));
        parts.put(side, part);
    }

    static RunState resume(Checkpoint checkpoint, int mostUnreadable) {
        RunState state = new RunState(
                checkpoint.print(), checkpoint.started(), checkpoint.elapsed(), checkpoint.runs() + 1, mostUnreadable);
        state.add(Side.AUTHORITY, checkpoint.authority());
        state.add(Side.FOLLOWER, checkpoint.follower());
        state.unreadable.addAll(checkpoint.unreadableSamples());
        state.passes.putAll(checkpoint.passes());
        return state;
    }

    private void add(Side side, Checkpoint.Part saved) {
        Part part = new Part(saved.sums());
        saved.splits().forEach(position -> part.splits.put(position.split().range(), position));
        part.rows = saved.rows();
        part.unreadable = saved.unreadable();
        parts.put(side, part);
    }

    private Part part(Side side) {
        Part part = parts.get(side);
        if (part == null) { // both are put there at the beginning
            throw new IllegalStateException("there is no " + side);
        }
        return part;
    }

    /** The splits that are not read to their end. */
    synchronized List<Split> open(Side side) {
        return part(side).splits.values().stream()
                .filter(position -> !position.done())
                .map(Checkpoint.Position::split)
                .toList();
    }

    /** Where to go on in a split; {@code null} at its beginning. */
    synchronized @Nullable String position(Side side, Split split) {
        Checkpoint.Position position = part(side).splits.get(split.range());
        return position == null ? null : position.after();
    }

    /**
     * Notes what a page has brought.
     *
     * @param rows how many records were read
     * @param next the position after it, {@code null} at the split's end
     */
    synchronized void read(
            Side side,
            Split split,
            List<BucketDigest> digests,
            long rows,
            List<Unreadable> bad,
            @Nullable String next) {
        Part part = part(side);
        part.sums.add(digests);
        part.rows += rows;
        part.unreadable += bad.size();
        bad.stream().limit(Math.max(0, mostUnreadable - unreadable.size())).forEach(unreadable::add);
        part.splits.put(split.range(), new Checkpoint.Position(split, next, next == null));
    }

    /** Notes what a pass of phase 2 has found. */
    synchronized void compared(int pass, Counts found) {
        passes.put(pass, found);
    }

    /** What a pass has found, in this run or one before; {@code null} if it was not made. */
    synchronized @Nullable Counts compared(int pass) {
        return passes.get(pass);
    }

    BucketSums sums(Side side) {
        return part(side).sums;
    }

    synchronized long rows(Side side) {
        return part(side).rows;
    }

    synchronized long unreadable(Side side) {
        return part(side).unreadable;
    }

    synchronized List<Unreadable> unreadableSamples() {
        return List.copyOf(unreadable);
    }

    Instant started() {
        return started;
    }

    /** How long the runs before this one took. */
    Duration before() {
        return before;
    }

    int runs() {
        return runs;
    }

    synchronized Checkpoint checkpoint(Duration elapsed) {
        return new Checkpoint(
                print,
                started,
                before.plus(elapsed),
                runs,
                part(Side.AUTHORITY).saved(),
                part(Side.FOLLOWER).saved(),
                unreadable,
                passes);
    }
}
