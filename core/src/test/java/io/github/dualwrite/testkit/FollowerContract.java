package io.github.dualwrite.testkit;

import io.github.dualwrite.spi.FollowerStore;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;

/**
 * What every follower must do. An adapter's test extends this class and fills in the hooks; the rules are in the classes that
 * the nested groups extend.
 *
 * <p>What an adapter cannot do it declares with an empty answer; the logger {@code io.github.dualwrite.testkit} then says so at WARN.
 */
public abstract class FollowerContract {

    /** A store that holds nothing. Called once for each test. */
    protected abstract FollowerStore<String, Sample> store();

    /**
     * A record that the store of {@link #store()} can never hold, for instance because it is too large. Empty if it takes
     * every record.
     */
    protected abstract Optional<Sample> rejectedSample();

    /**
     * A store that answers but can certainly not follow, for instance because its table is not there. Empty if there is no
     * such thing.
     */
    protected abstract Optional<FollowerStore<String, Sample>> unfitStore();

    @Nested
    @DisplayName("The guard")
    class Guard extends ApplyGuardRules {
        @Override
        FollowerContract contract() {
            return FollowerContract.this;
        }
    }

    @Nested
    @DisplayName("A batch")
    class Batch extends ApplyBatchRules {
        @Override
        FollowerContract contract() {
            return FollowerContract.this;
        }
    }

    @Nested
    @DisplayName("Reads")
    class Reads extends FollowerReadRules {
        @Override
        FollowerContract contract() {
            return FollowerContract.this;
        }
    }

    @Nested
    @DisplayName("Opening and checking")
    class Opening extends FollowerCheckRules {
        @Override
        FollowerContract contract() {
            return FollowerContract.this;
        }
    }
}
