package io.github.dualwrite.examples.reliability;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

    /**
     * An acknowledged write; what was there before all writes has version 0.
     *
     * @param began when it began
     * @param ended when it was acknowledged
     */
    record Write(String process, String tag, long version, long began, long ended) {}

    private final Write first;
    private final List<Write> acknowledged = new ArrayList<>();
    private final Map<String, Write> byTag = new HashMap<>();
    private final Map<String, Long> unknown = new HashMap<>();

    KeyHistory(String firstTag) {
        this.first = new Write("", firstTag, 0, Long.MIN_VALUE, Long.MIN_VALUE);
        acknowledged(first);
    }

    void acknowledged(Write write) {
        acknowledged.add(write);
        byTag.put(write.tag(), write); // of deletes, which share a tag, see below
    }

    /** A write that began at this time and of which nobody knows whether it was made. Of deletes the first is what matters. */
    void unknown(String tag, long began) {
        unknown.merge(tag, began, Math::min);
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
            if (write.version() > 0 && write.ended() + bound < nanos) {
                version = Math.max(version, write.version());
            }
        }
        return version;
    }

    /**
     * Judges a state of which at least this version must be visible.
     *
     * @param until when it was seen at the latest: a write that began later is no excuse
     */
    Judgement judge(String tag, long mustSee, long until) {
        Long began = unknown.get(tag);
        if (began != null && began <= until) {
            return Judgement.FINE;
        }
        if (tag.equals(Entry.ABSENT)) {
            return acknowledged.stream()
                            .anyMatch(write -> write.tag().equals(Entry.ABSENT)
                                    && write.version() >= mustSee
                                    && write.began() <= until)
                    ? Judgement.FINE
                    : Judgement.STALE;
        }
        Write write = byTag.get(tag);
        if (write == null || write.began() > until) {
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
        Judgement judgement = judge(tag, newest.version(), Long.MAX_VALUE);
        return judgement == Judgement.FINE && followerVersion <= newest.version() ? Judgement.STALE : judgement;
    }
}
