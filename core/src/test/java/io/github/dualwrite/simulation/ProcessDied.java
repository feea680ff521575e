package io.github.dualwrite.simulation;

/** Unwinds the threads of a process that is dead. What they do on their way out has no effect. */
final class ProcessDied extends Error {

    private static final long serialVersionUID = 1;

    ProcessDied() {
        super("the process is dead", null, false, false);
    }
}
