package io.github.dualwrite.simulation;

/** Tells the driver that a rule was broken and nothing more will happen. */
final class ScheduleOver extends RuntimeException {

    private static final long serialVersionUID = 1;

    ScheduleOver() {
        super(null, null, false, false);
    }
}
