package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.testkit.HttpRefusal;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** DynamoDB's own answer to more than was paid for, given by the proxy in its stead. */
final class Throttling {

    private static final byte[] ANSWER = HttpRefusal.answer(
            400,
            "application/x-amz-json-1.0",
            "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException\","
                    + "\"message\":\"The level of configured provisioned throughput for the table was exceeded.\"}");

    private Throttling() {}

    /** Refuses whenever the condition holds. */
    static HttpRefusal when(BooleanSupplier tooMuch) {
        return () -> tooMuch.getAsBoolean() ? ANSWER : null;
    }

    /** Lets so many requests through in each second and refuses the rest. */
    static HttpRefusal above(int requestsPerSecond) {
        long nanosPerRequest = TimeUnit.SECONDS.toNanos(1) / requestsPerSecond;
        AtomicLong next = new AtomicLong(System.nanoTime());
        return when(() -> {
            long now = System.nanoTime();
            long free = next.get();
            return now < free || !next.compareAndSet(free, Math.max(free, now - nanosPerRequest) + nanosPerRequest);
        });
    }
}
