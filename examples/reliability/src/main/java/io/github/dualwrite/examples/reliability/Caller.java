package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.ConflictException;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.WriteResult;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Calls a repository and says before and after each call what became of it. For one thread. */
final class Caller {

    /** A write of some keys. */
    @FunctionalInterface
    interface Write {

        /** Makes it; the tag names the state that it leaves. */
        Collection<WriteResult<String, Entry>> make(String tag) throws WhetherCommittedIsUnknown;
    }

    /** The caller's own transaction broke, perhaps in its commit. */
    static final class WhetherCommittedIsUnknown extends Exception {
        private static final long serialVersionUID = 1;
    }

    private static final int READS_UNTIL_TOLD = 25;

    private final DualWriteRepository<String, Entry> repository;
    private final Mouth mouth;
    private final Keys keys;
    private final SplittableRandom random;
    private long reads;

    Caller(DualWriteRepository<String, Entry> repository, Mouth mouth, Keys keys, SplittableRandom random) {
        this.repository = repository;
        this.mouth = mouth;
        this.keys = keys;
        this.random = random;
    }

    Keys keys() {
        return keys;
    }

    SplittableRandom random() {
        return random;
    }

    /** Leaves records under the keys. */
    void put(List<String> written, Write write) {
        String operation = mouth.nextOperation();
        call(operation, operation, written, write);
    }

    /** Leaves nothing under the keys. */
    void delete(List<String> deleted, Write write) {
        call(mouth.nextOperation(), Entry.ABSENT, deleted, write);
    }

    private void call(String operation, String tag, List<String> written, Write write) {
        mouth.say(new Line.Attempt(operation, System.nanoTime(), tag, written));
        try {
            Map<String, Long> versions = new HashMap<>();
            write.make(tag).forEach(result -> versions.put(result.key(), result.version()));
            mouth.say(new Line.Acknowledged(operation, System.nanoTime(), versions));
        } catch (OutcomeUnknownException | WhetherCommittedIsUnknown e) {
            mouth.say(new Line.Unknown(operation));
        } catch (TransientStoreException | ConflictException e) {
            mouth.say(new Line.Refused(operation));
        } catch (RuntimeException e) {
            mouth.say(new Line.Refused(operation)); // whatever it is, it is not "unknown"
            mouth.unexpected(e);
        }
    }

    /** Reads one key or a few, of each kind, and says now and then who answered. */
    void read() {
        if (reads++ % READS_UNTIL_TOLD == 0) {
            mouth.answered(repository.readStatistics());
        }
        List<String> read = wanted();
        long began = System.nanoTime();
        try {
            Map<String, Entry> found;
            if (read.size() == 1) {
                found = new HashMap<>();
                repository.read(read.get(0)).ifPresent(entry -> found.put(entry.id(), entry));
            } else {
                found = repository.readAll(read);
            }
            long ended = System.nanoTime();
            read.forEach(key -> saw(began, ended, key, found.get(key)));
        } catch (TransientStoreException e) {
            mouth.say(new Line.ReadFailed(mouth.process()));
        } catch (RuntimeException e) {
            mouth.unexpected(e);
        }
    }

    private List<String> wanted() {
        boolean one = random.nextInt(3) > 0;
        return switch (random.nextInt(16)) {
            case 0 -> keys.pair(random);
            case 1 -> List.of(keys.pair(random).get(random.nextInt(2)));
            case 2 -> one ? List.of(keys.any(random)) : List.of(keys.large(random));
            default -> one ? List.of(keys.any(random)) : keys.some(random, 5);
        };
    }

    private void saw(long began, long ended, String key, @Nullable Entry entry) {
        mouth.say(new Line.Read(mouth.process(), began, ended, key, entry == null ? Entry.ABSENT : entry.tag()));
        if (entry != null && !(entry.intact() && entry.id().equals(key))) {
            mouth.say(new Line.Torn(mouth.process(), key));
        }
    }
}
