package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.examples.reliability.KeyHistory.Judgement;
import io.github.dualwrite.examples.reliability.KeyHistory.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the journal of a round tells, key by key. */
final class History {

    private final Map<String, KeyHistory> keys = new HashMap<>();
    private final List<Line.Read> reads = new ArrayList<>();
    private final Map<String, Line.Answered> answered = new HashMap<>();
    private final List<String> torn = new ArrayList<>();
    private final List<String> unexpected = new ArrayList<>();
    private final Predicate<String> old;
    private long acknowledged;
    private long unknown;
    private long refused;
    private long failedReads;

    /**
     * Learns everything.
     *
     * @param old which keys had a record before dual writes began
     */
    History(List<Line> lines, Predicate<String> old) {
        this.old = old;
        Map<String, Line.Attempt> open = new HashMap<>();
        for (Line line : lines) {
            if (line instanceof Line.Attempt attempt) {
                open.put(attempt.operation(), attempt);
                attempt.keys().forEach(this::key);
            } else if (line instanceof Line.Acknowledged answer) {
                acknowledged(open.remove(answer.operation()), answer);
            } else if (line instanceof Line.Refused answer) {
                open.remove(answer.operation());
                refused++;
            } else if (line instanceof Line.Read read) {
                key(read.key());
                reads.add(read);
            } else if (line instanceof Line.ReadFailed) {
                failedReads++;
            } else if (line instanceof Line.Answered answered) {
                this.answered.put(answered.life(), answered); // it is said again and again: the last one counts
            } else if (line instanceof Line.Torn read) {
                torn.add(read.key() + " read by " + read.process());
            } else if (line instanceof Line.Unexpected error) {
                unexpected.add(error.process() + ": " + error.what());
            }
        }
        for (Line.Attempt attempt : open.values()) { // killed before the answer, or told that nobody knows
            unknown++;
            attempt.keys().forEach(key -> key(key).unknown(attempt.tag(), attempt.nanos()));
        }
    }

    private KeyHistory key(String key) {
        return keys.computeIfAbsent(key, k -> new KeyHistory(old.test(k) ? Entry.OLD : Entry.ABSENT));
    }

    private void acknowledged(Line.@Nullable Attempt attempt, Line.Acknowledged answer) {
        if (attempt == null) {
            throw new IllegalStateException("acknowledged, but never begun: " + answer.operation());
        }
        acknowledged++;
        String process = Line.processOf(answer.operation());
        answer.versions()
                .forEach((key, version) -> key(key).acknowledged(
                                new Write(process, attempt.tag(), version, attempt.nanos(), answer.nanos())));
    }

    /** Reads that gave less than they must. */
    List<String> stale(Duration bound) {
        return judged(bound, Judgement.STALE);
    }

    /** Reads that gave what nobody wrote, or what its writer was told is not written. */
    List<String> phantoms(Duration bound) {
        return judged(bound, Judgement.PHANTOM);
    }

    private List<String> judged(Duration bound, Judgement wanted) {
        List<String> found = new ArrayList<>();
        for (Line.Read read : reads) {
            KeyHistory key = key(read.key());
            long mustSee = key.mustSee(read.process(), read.began(), bound.toNanos());
            if (key.judge(read.tag(), mustSee, read.ended()) == wanted) {
                found.add(read.key() + " read by " + read.process() + " as " + read.tag() + ", must see version "
                        + mustSee);
            }
        }
        return found;
    }

    /** Keys whose newest acknowledged write is not what the authority holds, nor a newer one whose answer was lost. */
    List<String> lost(Stores stores, Set<String> parked) {
        return keysWhere((key, history) -> {
            Stored last = stores.authority(key);
            long version =
                    parked.contains(key) ? Long.MAX_VALUE : stores.follower(key).version();
            return history.judgeLast(last.tag(), version) != Judgement.FINE;
        });
    }

    /** Keys of which the follower remembers less than the newest acknowledged version. */
    List<String> behind(Stores stores, Set<String> parked) {
        return keysWhere((key, history) -> !parked.contains(key)
                && stores.follower(key).version() < history.newest().version());
    }

    private List<String> keysWhere(BiPredicate<String, KeyHistory> wanted) {
        return keys.entrySet().stream()
                .filter(e -> wanted.test(e.getKey(), e.getValue()))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    List<String> torn() {
        return torn;
    }

    List<String> unexpected() {
        return unexpected;
    }

    long acknowledged() {
        return acknowledged;
    }

    long unknown() {
        return unknown;
    }

    long refused() {
        return refused;
    }

    long reads() {
        return reads.size();
    }

    long failedReads() {
        return failedReads;
    }

    /** Reads by key that the follower answered, as far as a process lived to tell. */
    long readsByFollower() {
        return answered.values().stream().mapToLong(Line.Answered::byFollower).sum();
    }

    /** Reads by key that the authority answered, as far as a process lived to tell. */
    long readsByAuthority() {
        return answered.values().stream().mapToLong(Line.Answered::byAuthority).sum();
    }
}
