package io.github.dualwrite.testkit;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;

/**
 * What every authority must do. An adapter's test extends this class and fills in the hooks; the rules are in the classes
 * that the nested groups extend.
 *
 * <p>What an adapter cannot do it declares with an empty answer; the logger {@code io.github.dualwrite.testkit} then says so at WARN.
 */
public abstract class AuthorityContract {

    /** A store without records and without pending writes. Called once for each test. */
    protected abstract AuthorityStore<String, Sample> store();

    /**
     * Begins a save of this record with statements of the same kind as the authority's own, and holds its commit. Empty if
     * the store has nothing between the beginning of a write and its commit.
     */
    protected abstract Optional<HeldWrite> holdWrite(Authority<String, Sample> authority, Sample value);

    /** A record that the store refuses, for instance because of a constraint. Empty if it takes every record. */
    protected abstract Optional<Sample> refusedSample();

    /**
     * Makes the store refuse what a write adds to the queue, and nothing else, until this is closed: so that it can be seen whether record and pending
     * write are one unit. Empty if that cannot be done to the store.
     */
    protected Optional<AutoCloseable> refusePendingWrites() {
        return Optional.empty();
    }

    /** How many records a large batch has. To be lowered only where the store's own atomic unit is limited. */
    protected int largeBatch() {
        return 2_000;
    }

    /** How long to wait for something that must come. */
    protected Duration patience() {
        return Duration.ofSeconds(10);
    }

    @Nested
    @DisplayName("A single write")
    class SingleWrite extends SingleWriteRules {
        @Override
        AuthorityContract contract() {
            return AuthorityContract.this;
        }
    }

    @Nested
    @DisplayName("A batch")
    class Batch extends BatchRules {
        @Override
        AuthorityContract contract() {
            return AuthorityContract.this;
        }
    }

    @Nested
    @DisplayName("Versions")
    class Versions extends VersionRules {
        @Override
        AuthorityContract contract() {
            return AuthorityContract.this;
        }
    }

    @Nested
    @DisplayName("Concurrent writes")
    class ConcurrentWrites extends ConcurrencyRules {
        @Override
        AuthorityContract contract() {
            return AuthorityContract.this;
        }
    }

    @Nested
    @DisplayName("A held write")
    class Held extends HeldWriteRules {
        @Override
        AuthorityContract contract() {
            return AuthorityContract.this;
        }
    }

    @Nested
    @DisplayName("A snapshot")
    class Snapshot extends SnapshotRules {
        @Override
        AuthorityContract contract() {
            return AuthorityContract.this;
        }
    }

    @Nested
    @DisplayName("A claim")
    class Claim extends ClaimRules {
        @Override
        AuthorityContract contract() {
            return AuthorityContract.this;
        }
    }

    @Nested
    @DisplayName("The end of a claim")
    class ClaimEnd extends ClaimEndRules {
        @Override
        AuthorityContract contract() {
            return AuthorityContract.this;
        }
    }

    @Nested
    @DisplayName("A parked write")
    class Parked extends ParkingRules {
        @Override
        AuthorityContract contract() {
            return AuthorityContract.this;
        }
    }

    @Nested
    @DisplayName("The queue as a whole")
    class Queue extends QueueRules {
        @Override
        AuthorityContract contract() {
            return AuthorityContract.this;
        }
    }
}
