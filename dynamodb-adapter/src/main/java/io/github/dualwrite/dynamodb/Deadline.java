package io.github.dualwrite.dynamodb;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.core.exception.AbortedException;

/** How long one call of the application may wait for DynamoDB. For one thread. */
final class Deadline {

    private static final long FIRST_PAUSE_MILLIS = 5;
    private static final long LONGEST_PAUSE_MILLIS = 500;
    private static final int MOST_DOUBLINGS = 7;

    private final Duration duration;
    private final long end;

    Deadline(Duration duration) {
        this.duration = duration;
        this.end = System.nanoTime() + duration.toNanos();
    }

    /** How long there still is; never nothing. */
    Duration left() {
        return Duration.ofNanos(Math.max(1, nanosLeft()));
    }

    private long nanosLeft() {
        return end - System.nanoTime();
    }

    boolean passed() {
        return nanosLeft() <= 0;
    }

    /**
     * The result of a call; its error as it is.
     *
     * @throws NoAnswer if it does not end in time, or the thread is interrupted; the call is cancelled then, and its outcome is not known
     */
    <T> T await(CompletableFuture<T> call) {
        try {
            return call.get(Math.max(1, nanosLeft()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            if (e.getCause()
                    instanceof AbortedException aborted) { // the client noticed the interrupt first, and took it
                Thread.currentThread().interrupt();
                throw new NoAnswer("the thread was interrupted while it waited for DynamoDB", aborted);
            }
            throw DynamoDbErrors.asIs(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            call.cancel(true);
            throw new NoAnswer("DynamoDB did not answer within " + duration, e);
        } catch (InterruptedException e) {
            call.cancel(true);
            Thread.currentThread().interrupt();
            throw new NoAnswer("the thread was interrupted while it waited for DynamoDB", e);
        }
    }

    /**
     * Waits longer with each attempt, with jitter, so that those who got into each other's way do not meet again.
     *
     * @return false if the deadline would pass, or the thread is interrupted
     */
    boolean pause(int attempt) {
        long longest = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(attempt, MOST_DOUBLINGS));
        long nanos = TimeUnit.MILLISECONDS.toNanos(ThreadLocalRandom.current().nextLong(1, longest + 1));
        if (nanos >= nanosLeft()) {
            return false;
        }
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** A call of which no end was seen. */
    static final class NoAnswer extends RuntimeException {

        private static final long serialVersionUID = 1L;

        NoAnswer(String message, Exception cause) {
            super(message, cause);
        }
    }
}
