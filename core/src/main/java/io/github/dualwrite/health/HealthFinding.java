package io.github.dualwrite.health;

/**
 * One thing that is wrong.
 *
 * @param problem what
 * @param detail more, for a person; never keys or values
 */
public record HealthFinding(HealthProblem problem, String detail) {

    @Override
    public String toString() {
        return problem + " (" + detail + ")";
    }
}
