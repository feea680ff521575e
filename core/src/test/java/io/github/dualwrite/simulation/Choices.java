package io.github.dualwrite.simulation;

import java.util.List;

/** Decides what is left open. */
interface Choices {

    /** None of the steps: something else has happened, and there may be others now. */
    int NONE = -1;

    /** Which of these steps comes next, or {@link #NONE}. */
    int next(List<Step> enabled);

    /** A number from zero to less than the bound. */
    int number(int bound);

    /** Whether something happens that happens once in so many times; never, if that is zero. */
    default boolean once(int in) {
        return in > 0 && number(in) == 0;
    }
}
