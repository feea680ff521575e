package io.github.dualwrite.examples.reliability;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All that is known of the writes of one key. The versions of acknowledged writes put them in order, whoever made them. */
final class KeyHistory {

    /** How a state that was seen relates to what was acknowledged. */
    enum Judgement {
        /** The newest acknowledged write, or a newer one whose answer was lost. */
        FINE,
        /** Older than a write that was acknowledged before. */
        STALE,
        /** Nobody wrote it, or its writer was told that nothing was written. */
        PHANTOM
    }

    /** An acknowledged write; what was there before all writes has version 0. */
    record Write(String process, String tag, long version, long nanos) {}

    private final Write first;
    private final List<Write> acknowledged = new ArrayList<>();
    private final Map<String, Write> byTag = new HashMap<>();
    private final Set<String> unknown = new HashSet<>();

    KeyHistory(String firstTag) {
        this.first = new Write("", firstTag, 0, Long.MIN_VALUE);
        acknowledged(first);
    }

    void acknowledged(Write write) {
        acknowledged.add(write);
        byTag.put(write.tag(), write); // of deletes, which share a tag, see below
    }

    void unknown(String tag) {
        unknown.add(tag);
    }

    /** The acknowledged write with the highest version. */
    Write newest() {
        return acknowledged.stream()
                .max((a, b) -> Long.compare(a.version(), b.version()))
                .orElse(first);
    }

    /**
     * The highest version that a read by a process must see: that of the writes acknowledged before it began, to the process itself
     * or, longer ago than the bound, to others.
     */
    long mustSee(String process, long nanos, long boundNanos) {
        long version = 0;
        for (Write write : acknowledged) {
            long bound = write.process().equals(process) ? 0 : boundNanos;
            if (write.version() > 0 && write.nanos() + bound < nanos) {
                version = Math.max(version, write.version());
            }
        }
        return version;
    }

    /** Judges a state of which at least this version must be visible. */
    Judgement judge(String tag, long mustSee) {
        if (unknown.contains(tag)) {
            return Judgement.FINE;
        }
        if (tag.equals(Entry.ABSENT)) {
            return acknowledged.stream()
                            .anyMatch(write -> write.tag().equals(Entry.ABSENT) && write.version() >= mustSee)
                    ? Judgement.FINE
                    : Judgement.STALE;
        }
        Write write = byTag.get(tag);
        if (write == null) {
            return Judgement.PHANTOM;
        }
        return write.version() >= mustSee ? Judgement.FINE : Judgement.STALE;
    }

    /**
     * Judges what the authority holds in the end: the newest acknowledged write, or one whose answer was lost and that the follower, which
     * is level with it, has under a higher version.
     */
    Judgement judgeLast(String tag, long followerVersion) {
        Write newest = newest();
        if (tag.equals(newest.tag())) {
            return Judgement.FINE;
        }
        Judgement judgement = judge(tag, newest.version());
        return judgement == Judgement.FINE && followerVersion <= newest.version() ? Judgement.STALE : judgement;
    }
}
