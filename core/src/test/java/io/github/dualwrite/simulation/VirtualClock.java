package io.github.dualwrite.simulation;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** The time of a world. */
final class VirtualClock extends Clock {

    private final World world;

    VirtualClock(World world) {
        this.world = world;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochSecond(1_000_000_000, world.loop.now());
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
