package io.github.dualwrite.simulation;

import io.github.dualwrite.testkit.Sample;

/** What goes wrong, and how long things take. */
final class Faults {

    private static final long HALF_A_MILLISECOND = 500_000;
    private static final Fate[] FAILURES = {Fate.FAILS_BEFORE, Fate.FAILS_AFTER, Fate.LOST_BEFORE, Fate.LOST_AFTER};
    private static final Fate[] FAILURES_OF_THE_AUTHORITY = {
        Fate.FAILS_BEFORE, Fate.FAILS_AFTER, Fate.LOST_BEFORE, Fate.LOST_AFTER, Fate.DONE_LATER
    };

    private final Settings settings;
    private final Choices choices;
    private boolean stopped;
    private boolean mended;
    private boolean followerDown;
    private boolean authorityDown;

    Faults(Settings settings, Choices choices) {
        this.settings = settings;
        this.choices = choices;
    }

    void followerDown(boolean down) {
        followerDown = down;
    }

    void authorityDown(boolean down) {
        authorityDown = down;
    }

    /** From now on all calls are answered, and soon. */
    void stop() {
        stopped = true;
    }

    /** From now on the follower takes every record. */
    void mend() {
        mended = true;
    }

    Fate follower() {
        if (stopped) {
            return Fate.ANSWERED;
        }
        if (followerDown) {
            return choices.once(2) ? Fate.FAILS_BEFORE : Fate.LOST_BEFORE;
        }
        return choices.once(settings.followerFault) ? FAILURES[choices.number(4)] : Fate.ANSWERED;
    }

    Fate followerRead() {
        return settings.onlyLooksAreSlow ? Fate.ANSWERED : follower();
    }

    Fate authority() {
        if (stopped) {
            return Fate.ANSWERED;
        }
        if (authorityDown) {
            return Fate.FAILS_BEFORE;
        }
        return choices.once(settings.authorityFault)
                ? FAILURES_OF_THE_AUTHORITY[choices.number(FAILURES_OF_THE_AUTHORITY.length)]
                : Fate.ANSWERED;
    }

    /** Whether one record of a batch fails for itself. */
    boolean recordFails() {
        return !stopped && choices.once(settings.followerFault);
    }

    boolean rejects(Sample value) {
        return !mended && settings.rejectOneOf > 0 && value.number() % settings.rejectOneOf == 0;
    }

    boolean executorRefuses() {
        return !stopped && choices.once(settings.refuseOneOf);
    }

    /** How much later than it should a timer's thread gets to run. */
    long lateness() {
        return !stopped && choices.once(settings.lateTimerOneOf) ? (1 + choices.number(10)) * 10_000_000L : 0;
    }

    /** How long a server goes on with what nobody waits for any more. */
    long goesOn() {
        return (1 + choices.number(30)) * 100_000_000L;
    }

    /** How long a message is under way that belongs to a call. */
    long latency(String call) {
        if (!settings.timed) {
            return 0;
        }
        boolean maySlow = !settings.onlyLooksAreSlow || call.startsWith("pending");
        if (!stopped && maySlow && choices.once(settings.slowOneOf)) {
            return (1 + choices.number(80)) * 10_000_000L;
        }
        return choices.number(5) * HALF_A_MILLISECOND;
    }
}
