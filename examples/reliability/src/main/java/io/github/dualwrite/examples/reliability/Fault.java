package io.github.dualwrite.examples.reliability;

/** What is done to processes, connections and servers. */
enum Fault {
    /** SIGKILL, and a new process in its place. */
    KILL(4),
    /** SIGSTOP, and after a while SIGCONT. */
    PAUSE(1),
    /** {@code pg_terminate_backend} for about half of the sessions. */
    TERMINATE_BACKENDS(1),
    /** PostgreSQL stops in immediate mode and starts again. */
    CRASH_POSTGRES(1),
    /** Connections break, and for a while new ones too. */
    CUT(1),
    /** Answers come late. */
    DELAY(1),
    /** The client sees an end, the server gets what the client still sends. */
    HALF_CLOSE(1),
    /** Some kilobytes in a second. */
    NARROW(1),
    /** Nothing passes, and nothing breaks. */
    STALL(1),
    /** Requests arrive, answers do not: also those of commits. */
    LOSE_ANSWERS(2),
    /** DynamoDB throttles. */
    THROTTLE(1);

    private final int weight;

    Fault(int weight) {
        this.weight = weight;
    }

    /** How many of them are planned for each of the others. */
    int weight() {
        return weight;
    }
}
