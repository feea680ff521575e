package io.github.dualwrite.postgres.testsupport;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Of a test that uses what older servers do not have: on those it is reported as skipped, with the reason. The server that tests run
 * on by default has everything.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ServerVersionCondition.class)
public @interface NeedsPostgres {

    /** The first version that has it. */
    int value();
}
