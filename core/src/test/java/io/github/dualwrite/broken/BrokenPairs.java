package io.github.dualwrite.broken;

import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.memory.InMemoryStore;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Operation;
import io.github.dualwrite.spi.VersionedRecord;
import io.github.dualwrite.testkit.PairScenario;
import io.github.dualwrite.testkit.Sample;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Pairs of which one store has a flaw. Not found by the test run; {@link ContractKitTest} runs them. */
final class BrokenPairs {

    private BrokenPairs() {}

    abstract static class OnPair extends PairScenario {

        abstract Authority<String, Sample> flawed(Authority<String, Sample> good);

        /** In both roles, with a flaw as authority if it has one. */
        Side side(String name, boolean good) {
            InMemoryStore<String, Sample> store = InMemoryStore.keyedBy(Sample::id);
            return new Side(
                    name,
                    context -> good ? store.openAuthority(context) : flawed(store.openAuthority(context)),
                    store,
                    store::records);
        }

        @Override
        protected Side second() {
            return side("second", true);
        }

        @Override
        protected int writes() {
            return 40;
        }
    }

    /** Each direction has versions of its own. */
    static class VersionsBeginAnewInTheOtherDirection extends OnPair {
        private final AtomicLong versions = new AtomicLong();

        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return BrokenAuthorities.renumbered(good, shown -> shown, drawn -> versions.incrementAndGet());
        }

        @Override
        protected Side first() {
            return side("first", true);
        }

        @Override
        protected Side second() {
            return side("second", false);
        }

        @Override
        protected int writes() {
            return 10;
        }
    }

    static class RefusesEveryThirdSave extends OnPair {
        private final AtomicInteger saves = new AtomicInteger();

        @Override
        Authority<String, Sample> flawed(Authority<String, Sample> good) {
            return new ForwardingAuthority(good) {
                @Override
                public VersionedRecord<String, Sample> save(Sample value) {
                    if (saves.incrementAndGet() % 3 == 0) {
                        throw new TransientStoreException(
                                new DualWriteException.Context(
                                        "pair", Operation.SAVE, description(), List.of(value.id())),
                                "not now",
                                null);
                    }
                    return inner.save(value);
                }
            };
        }

        @Override
        protected Side first() {
            return side("first", false);
        }
    }
}
