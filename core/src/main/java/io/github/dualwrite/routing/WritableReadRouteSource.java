package io.github.dualwrite.routing;

/** A source whose flag can be changed through it, which the automatic step-back does for the whole fleet. */
public interface WritableReadRouteSource extends ReadRouteSource {

    /**
     * Sets the flag if it still has the expected route; atomic also across processes. Texts that mean the same route are the
     * same.
     *
     * @param who who changes it, for the history
     * @param why why, for the history
     * @return whether it was set; false if somebody has changed the flag meanwhile
     */
    boolean compareAndSet(String repository, ReadRoute expected, ReadRoute route, String who, String why)
            throws Exception;
}
