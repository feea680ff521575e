package io.github.dualwrite.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.ConfigurationException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A store is opened without being touched, and checked without being changed. */
@Tag("DW-4")
abstract class FollowerCheckRules extends FollowerRules {

    @Test
    void checkOfAGoodStorePassesAndChangesNothing() {
        apply(List.of(record("a", 1)));

        join(follower.check());
        join(follower.check());

        assertThat(read("a")).contains(Sample.of("a", 1));
    }

    @Test
    void describesItself() {
        assertThat(follower.description()).isNotBlank();
    }

    @Test
    void anUnfitStoreIsOpenedButItsCheckSaysWhatToDo() {
        Declared.with(contract(), contract().unfitStore(), "a store that is unfit", unfit -> {
            assertThatThrownBy(() -> join(open(unfit).check()))
                    .hasCauseInstanceOf(ConfigurationException.class)
                    .cause()
                    .hasMessageContaining("kit");
        });
    }
}
