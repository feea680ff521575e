package io.github.dualwrite.simulation;

import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.Sample;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was committed, in the order of the commits, and what was acknowledged to whom. The states of a key are numbered from
 * zero, its absence at the beginning; versions play no part, so that stores that assign wrong ones do not mislead it.
 */
final class History {

    /** An unknown state: nobody ever committed it. */
    static final int NEVER = -1;

    private record Acknowledged(String key, int state, long time) {}

    private final World world;
    private final Map<String, List<@Nullable Sample>> states = new HashMap<>();
    private final Map<Sample, Integer> stateWith = new HashMap<>();
    private final Map<KeyVersion<String>, Integer> stateAt = new HashMap<>();
    private final Map<String, Integer> toAnybody = new HashMap<>();
    private final Map<String, Map<String, Integer>> toProcess = new HashMap<>();
    private final Map<Instance, Map<String, Integer>> beforeStart = new HashMap<>();
    private final List<Acknowledged> inTime = new ArrayList<>();
    private final Map<Instance, List<Map<String, Integer>>> unknown = new HashMap<>();

    History(World world) {
        this.world = world;
    }

    private List<@Nullable Sample> states(String key) {
        return states.computeIfAbsent(key, k -> {
            List<@Nullable Sample> absent = new ArrayList<>();
            absent.add(null);
            return absent;
        });
    }

    void committed(VersionedRecord<String, Sample> written) {
        List<@Nullable Sample> all = states(written.key());
        Sample value = written.value();
        if (value != null) {
            stateWith.put(value, all.size());
            world.rules.committed(value);
            if (all.size() > 1 && all.get(all.size() - 1) == null) {
                world.saw("re-created after a delete");
            }
        }
        stateAt.put(new KeyVersion<>(written.key(), written.version()), all.size());
        all.add(value);
        world.fingerprint.written(written.key());
    }

    @Override
    public String toString() {
        return states.toString();
    }

    /** A version that was given to a state later, by marking it pending. */
    void seen(VersionedRecord<String, Sample> current) {
        stateAt.putIfAbsent(new KeyVersion<>(current.key(), current.version()), latest(current.key()));
    }

    /** The newest committed state of a key. */
    int latest(String key) {
        return states(key).size() - 1;
    }

    @Nullable
    Sample content(String key, int state) {
        return states(key).get(state);
    }

    /** Whether this record was ever committed. */
    boolean wasCommitted(Sample value) {
        return stateWith.containsKey(value);
    }

    /** Which state a versioned record is; {@link #NEVER} if nobody ever committed it. */
    int stateOf(VersionedRecord<String, Sample> record) {
        Sample value = record.value();
        if (value != null) {
            return stateWith.getOrDefault(value, NEVER);
        }
        int at = stateAt.getOrDefault(new KeyVersion<>(record.key(), record.version()), latest(record.key()));
        return newestAbsence(record.key(), at);
    }

    /** The newest state that an answer of a read can be. */
    int stateOf(String key, Optional<Sample> answer) {
        return answer.map(value -> stateWith.getOrDefault(value, NEVER))
                .orElseGet(() -> newestAbsence(key, latest(key)));
    }

    private int newestAbsence(String key, int notAfter) {
        int state = notAfter;
        while (state > 0 && states(key).get(state) != null) {
            state--;
        }
        return state;
    }

    /** A process has got the result of its write. */
    void acknowledged(Instance to, String key, int state) {
        toAnybody.merge(key, state, Math::max);
        toProcess.computeIfAbsent(to.process, p -> new HashMap<>()).merge(key, state, Math::max);
        inTime.add(new Acknowledged(key, state, world.loop.now()));
    }

    /**
     * An instance was told that the outcome of its write is unknown.
     *
     * @param states what it has committed; the commit may come later
     */
    void unknown(Instance to, Map<String, Integer> states) {
        unknown.computeIfAbsent(to, i -> new ArrayList<>()).add(states);
    }

    /** What others left pending is known to an instance from its start. */
    void starts(Instance instance) {
        beforeStart.put(instance, new HashMap<>(toAnybody));
    }

    /** The oldest state that a read may give that begins now (DW-5). */
    int required(Instance reader, String key) {
        int own = toProcess.getOrDefault(reader.process, Map.of()).getOrDefault(key, 0);
        int before = beforeStart.getOrDefault(reader, Map.of()).getOrDefault(key, 0);
        int required = Math.max(own, before);
        for (Map<String, Integer> states : unknown.getOrDefault(reader, List.of())) {
            required = Math.max(required, states.getOrDefault(key, 0));
        }
        if (world.settings.fleetBound > 0) {
            for (Acknowledged each : inTime) {
                if (each.key().equals(key) && each.time() < world.loop.now() - world.settings.fleetBound) {
                    required = Math.max(required, each.state());
                }
            }
        }
        return required;
    }
}
