package io.github.dualwrite.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.dualwrite.ConfigurationException;
import io.github.dualwrite.DualWriteException;
import io.github.dualwrite.OutcomeUnknownException;
import io.github.dualwrite.PermanentStoreException;
import io.github.dualwrite.TransientStoreException;
import io.github.dualwrite.spi.Operation;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

class SqlErrorsTest {

    private final SqlErrors errors = new SqlErrors(
            "test", "store", DualwriteSchema.defaults().schema("own").appliedTable("versions"));

    SqlErrorsTest() {
        errors.keyedBy(Set.of("id"));
    }

    private DualWriteException translated(String state, String schema, String table, String constraint) {
        String column = constraint.contains("email") ? "email" : "id";
        ServerErrorMessage message = new ServerErrorMessage("SERROR\0C" + state + "\0Mno\0s" + schema + "\0t" + table
                + "\0n" + constraint + "\0DKey (" + column + ")=(5) already exists.\0");
        return errors.translate(Operation.APPLY, List.of("a"), new PSQLException(message), true);
    }

    /** While an index is built anew, {@code ON CONFLICT} does not yet, or no longer, know one of the two. */
    @ParameterizedTest
    @CsvSource({
        "public, sample, sample_pkey_ccnew",
        "public, sample, sample_pkey_ccold",
        "public, sample, sample_pkey_ccold12",
        "own, pending_write, pending_write_pkey",
        "own, versions, versions_pkey"
    })
    void aRowThatIsInTheWayOnlyWhileAnIndexIsBuiltAnewIsTransient(String schema, String table, String constraint) {
        assertThat(translated("23505", schema, table, constraint))
                .isInstanceOf(TransientStoreException.class)
                .hasMessageContainingAll(constraint, "REINDEX");
    }

    @ParameterizedTest
    @CsvSource({
        "public, sample, sample_pkey",
        "public, sample, sample_ccnew_email",
        "public, sample, sample_email_ccnew1",
        "public, sample, sample_email_ccold",
        "public, versions, versions_pkey",
        "own, versions, versions_other"
    })
    void everyOtherRowInTheWayIsPermanent(String schema, String table, String constraint) {
        assertThat(translated("23505", schema, table, constraint)).isInstanceOf(PermanentStoreException.class);
        assertThat(translated("23502", schema, table, constraint + "_ccnew"))
                .isInstanceOf(PermanentStoreException.class);
    }

    /** The driver can run out of memory, or fail otherwise, while it reads the row of a statement that has committed itself. */
    @Test
    void anErrorOfTheDriverAloneHidesWhetherAWriteIsCommitted() {
        PSQLException driver =
                new PSQLException("Ran out of memory retrieving query results.", PSQLState.OUT_OF_MEMORY);
        assertThat(errors.translate(Operation.SAVE, List.of("a"), driver, true))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("53200");
        assertThat(errors.translate(Operation.SAVE, List.of("a"), driver, false))
                .isInstanceOf(TransientStoreException.class);
        assertThat(errors.translate(Operation.READ, List.of("a"), driver, true))
                .isInstanceOf(TransientStoreException.class);
        PSQLException server = new PSQLException(new ServerErrorMessage("SERROR\0C53200\0Mout of memory\0"));
        assertThat(errors.translate(Operation.SAVE, List.of("a"), server, true))
                .isInstanceOf(TransientStoreException.class);
    }

    @Test
    void whatOthersDependOnIsAConfigurationError() {
        assertThat(translated("2BP01", "own", "sample", "")).isInstanceOf(ConfigurationException.class);
    }

    /** What repeating can mend is never parked, and what it cannot is never repeated for ever. */
    @Test
    void classesOfStates() {
        assertClass(TransientStoreException.class, "40001", "40P01", "55P03", "57014", "53300");
        assertClass(PermanentStoreException.class, "22001", "22003", "23502", "23503", "23505", "23514", "23P01");
        assertClass(ConfigurationException.class, "42501", "42P01", "28P01", "3D000");
    }

    private void assertClass(Class<? extends DualWriteException> expected, String... states) {
        for (String state : states) {
            assertThat(translated(state, "public", "sample", "sample_text_key"))
                    .as(state)
                    .isInstanceOf(expected)
                    .hasMessageContaining(state)
                    .hasMessageContaining("repository 'test'")
                    .hasMessageContaining("key a");
        }
    }
}
