package io.github.dualwrite.simulation;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.testkit.Sample;

/** Breaks the protocol at one point; this one breaks nothing. A world has one of its own. */
class Mutation {

    /** Changes the world in which it is looked for. */
    void settings(Settings settings) {}

    /** Changes the authority where its data is: a call of it is one step. */
    Authority<String, Sample> authority(Authority<String, Sample> stored) {
        return stored;
    }

    /** Changes the follower where its data is: a call of it is one step. */
    Follower<String, Sample> follower(Follower<String, Sample> stored) {
        return stored;
    }

    /** Changes how a process calls the authority: others come between two calls. */
    Authority<String, Sample> callsOfAuthority(Instance instance, Authority<String, Sample> wired) {
        return wired;
    }

    /** Changes how a process calls the follower: others come between two calls. */
    Follower<String, Sample> callsOfFollower(Instance instance, Follower<String, Sample> wired) {
        return wired;
    }
}
