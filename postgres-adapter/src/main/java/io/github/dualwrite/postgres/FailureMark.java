package io.github.dualwrite.postgres;

import java.sql.SQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Makes a statement fail on purpose, and knows that failure again: it asks for a setting that does not exist, and the server's error
 * names it. A statement of one round trip can so be undone by what it finds itself.
 */
enum FailureMark {

    /** What follows a gate is not in the gate's transaction. */
    TAKEN_APART("dualwrite.the_flight_was_taken_apart"),

    /** The table of a follower took, or gave up, fewer rows than it was told to. */
    KEPT_AWAY("dualwrite.kept_away"),

    /** The table of an authority took fewer records than it was given. */
    SUPPRESSED("dualwrite.a_trigger_or_a_rule_suppresses_a_record"),

    /** The table of an authority gave a record that was there another key. */
    MOVED("dualwrite.a_trigger_moves_a_record");

    /** {@code undefined_object}: the server's answer when it is asked for a setting that does not exist. */
    private static final String NO_SUCH_SETTING = "42704";

    private final String setting;

    FailureMark(String setting) {
        this.setting = setting;
    }

    /** An expression, of type {@code text}, that always fails. */
    String sql() {
        return "current_setting(" + Sql.literal(setting) + ")";
    }

    /** A condition that is true if another one is, and fails if that is false or NULL. */
    String unless(String condition) {
        return "CASE WHEN " + condition + " THEN true ELSE " + sql() + " IS NOT NULL END";
    }

    /** Whether a statement failed by this. */
    boolean isIn(SQLException e) {
        ServerErrorMessage server = SqlErrors.serverError(e);
        return NO_SUCH_SETTING.equals(e.getSQLState())
                && server != null
                && String.valueOf(server.getMessage()).contains(setting);
    }
}
