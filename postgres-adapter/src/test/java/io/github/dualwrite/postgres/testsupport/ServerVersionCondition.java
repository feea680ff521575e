package io.github.dualwrite.postgres.testsupport;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Compares {@link NeedsPostgres} with the server. */
final class ServerVersionCondition implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return AnnotationSupport.findAnnotation(context.getElement(), NeedsPostgres.class)
                .map(needs -> compare(needs.value(), PostgresServer.shared().majorVersion()))
                .orElseGet(() -> ConditionEvaluationResult.enabled("any server"));
    }

    private static ConditionEvaluationResult compare(int needed, int present) {
        String reason = "needs PostgreSQL " + needed + ", the server is " + present;
        return present >= needed
                ? ConditionEvaluationResult.enabled(reason)
                : ConditionEvaluationResult.disabled(reason);
    }
}
