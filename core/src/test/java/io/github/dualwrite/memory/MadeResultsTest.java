package io.github.dualwrite.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.dualwrite.WriteResult;
import io.github.dualwrite.event.PendingReason;
import io.github.dualwrite.testkit.Sample;
import org.junit.jupiter.api.Test;

/** Results that a test of an application makes, from another package, say what those of a repository say. */
class MadeResultsTest {

    @Test
    void aResultCanBeMadeForEachOutcome() {
        WriteResult<String, Sample> applied = WriteResult.applied("a", 7, Sample.of("a", 1));
        assertThat(applied.key()).isEqualTo("a");
        assertThat(applied.version()).isEqualTo(7);
        assertThat(applied.value()).contains(Sample.of("a", 1));
        assertThat(applied.secondaryApplied()).isTrue();
        assertThat(applied.pendingReason()).isEmpty();

        WriteResult<String, Sample> pending =
                WriteResult.pending("a", 8, Sample.of("a", 2), PendingReason.BREAKER_OPEN);
        assertThat(pending.secondaryApplied()).isFalse();
        assertThat(pending.pendingReason()).contains(PendingReason.BREAKER_OPEN);

        assertThat(WriteResult.<String, Sample>applied("a", 9, null).value())
                .as("of a delete")
                .isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> WriteResult.applied("a", 0, Sample.of("a", 1)));
    }
}
