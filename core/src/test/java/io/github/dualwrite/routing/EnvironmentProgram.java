package io.github.dualwrite.routing;

/** Says, in a process of its own, which routes are in the environment variables that its arguments name. */
final class EnvironmentProgram {

    private EnvironmentProgram() {}

    public static void main(String[] names) {
        for (String name : names) {
            System.out.println(said(name));
        }
    }

    private static String said(String name) {
        try {
            return "route " + ReadRouteSource.environment(name).route("customers");
        } catch (Exception e) {
            return e.getClass().getSimpleName() + " " + e.getMessage();
        }
    }
}
