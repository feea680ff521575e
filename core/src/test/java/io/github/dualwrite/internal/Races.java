package io.github.dualwrite.internal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** All races. */
final class Races {

    private static final Map<String, Supplier<Race>> ALL = new LinkedHashMap<>();

    static {
        ALL.put("Batches", BatchRaces.AddAndFlush::new);
        ALL.put("Confirmer", BatchRaces.Confirmations::new);
        ALL.put("Handover", BatchRaces.HandOvers::new);
        ALL.put("Relay", BatchRaces.Relayed::new);
        ALL.put("PendingKeys, settled", PendingRaces.MarkAndSettle::new);
        ALL.put("PendingKeys, swept", PendingRaces.MarkAndSweep::new);
        ALL.put("PendingKeys, no room", PendingRaces.NoRoomAndSweep::new);
        ALL.put("FleetPending", PendingRaces.LookAndWrite::new);
        ALL.put("Guard", PermitRaces.EndsOfACall::new);
        ALL.put("TokenBucket", PermitRaces.Tokens::new);
        ALL.put("EffectiveRoute", RouteRaces.ChangeWhileAsked::new);
        ALL.put("EffectiveRoute, overtaken", RouteRaces.OvertakenAnswer::new);
        ALL.put("KeyRoutes", RouteRaces.KeyAskedByTwo::new);
        ALL.put("OrderedEvents", RouteRaces.Deliveries::new);
    }

    private Races() {}

    static Set<String> names() {
        return ALL.keySet();
    }

    static Supplier<Race> named(String name) {
        Supplier<Race> race = ALL.get(name);
        if (race == null) {
            throw new IllegalArgumentException("no race " + name);
        }
        return race;
    }
}
