/*
 * The cutover's state machine (docs/cutover-states.md), for spin: two instances of Unmoor on two hosts, each of
 * which may be killed and started again at any step, servers that go away and come back, connections that are
 * cut, answers that are lost, and an application that writes to whichever server lets it.
 *
 * Checked: never do both servers accept writes; the target accepts none before it has everything that the
 * source has acknowledged; and when nothing happens any more, exactly one of them does.
 *
 * CARELESS is for the checker's own sake (tests/model/check): each of its machines breaks a rule, and spin has to
 * find out.
 *   1  the source is opened again by who has lost its lock
 *   2  … although OPENING may be in the journal
 *   3  the fence is gone when the source restarts, as what SET GLOBAL did is
 *   4  who retreats leaves the fence to the next one, and says that it is gone
 */
#ifndef CARELESS
#define CARELESS 0
#endif

/* How often what happens. Each step takes the number of states up by an order. */
#ifndef KILLS
#define KILLS 1
#endif
#ifndef CUTS /* of a connection: the server frees the lock, the instance learns of it at its next step */
#define CUTS 1
#endif
#define OUTAGES 1 /* of the target */
#define RESTARTS 1 /* of the source */
#define ATTEMPTS 2

mtype = { IDLE, FENCING, SWITCHING, OPENING, DONE, RETREATING, UNREAD };

mtype journal = IDLE;       /* on the target */
bool source_open = true, target_open = false;
bool target_up = true;
bool behind = true;         /* the target lacks a change that the source has acknowledged */
byte source_lock = 0, target_lock = 0; /* whose; they are those of a session, and go with it */
bool killed[3];
byte kills = KILLS, cuts = CUTS, outages = OUTAGES, restarts = RESTARTS, attempts = ATTEMPTS;

/* What a session does on the target is done while it holds the target's lock, or not at all. The answer may be
   lost all the same. */
#define ON_TARGET(effect) \
    if \
    :: atomic { target_lock == me && target_up -> effect } \
    :: atomic { target_lock == me && target_up && cuts > 0 -> cuts--; effect; target_lock = 0 }; goto target_lost \
    :: atomic { target_lock == me && target_up && cuts > 0 -> cuts--; target_lock = 0 }; goto target_lost \
    :: else -> goto target_lost \
    fi

/* The same on the source. */
#define ON_SOURCE(effect) \
    if \
    :: atomic { source_lock == me -> effect } \
    :: atomic { source_lock == me && cuts > 0 -> cuts--; effect; source_lock = 0 }; goto source_lost \
    :: else -> goto source_lost \
    fi

/* A state in which this instance, or one before it, cannot have opened the target. */
#define BEFORE_OPENING (known == IDLE || known == FENCING || known == SWITCHING || known == RETREATING)

#define WRITE(state) known = state; ON_TARGET(journal = state)

proctype instance(byte me)
{
    mtype known; /* the last state that is, or may be, in the journal */
start:
    known = UNREAD;
    {
        /* The target's lock first, as every command takes it. */
        if
        :: atomic { target_up && target_lock == 0 && (attempts > 0 || (journal != IDLE && journal != DONE)) -> target_lock = me }
        :: atomic { target_lock == 0 && source_lock == 0 && target_up && attempts == 0 && (journal == IDLE || journal == DONE) -> goto end }
        fi;
        if
        :: atomic { source_lock == 0 -> source_lock = me }
        :: source_lock != 0 -> goto give_up /* exit 10 */
        fi;
        ON_TARGET(known = journal);
        if
        :: known == IDLE && attempts > 0 -> attempts--
        :: known == IDLE && attempts == 0 -> goto give_up
        :: known == FENCING || known == SWITCHING -> skip /* continues … */
        :: known == FENCING || known == SWITCHING -> goto retreat /* … or retreats, as asked */
        :: known == RETREATING -> goto retreat
        :: known == OPENING -> goto open
        :: known == DONE -> goto give_up
        fi;

        /* gate passed */
        WRITE(FENCING);
        ON_SOURCE(source_open = false);
        if
        :: atomic { target_lock == me && target_up && !source_open -> behind = false } /* drained */
        :: goto retreat /* it took too long, or the final check failed, or the reverse job could not be armed */
        fi;
        WRITE(SWITCHING);
        if
        :: skip /* the hook says yes */
        :: goto retreat /* no, or nothing in time */
        fi;
        /* The fence is looked at once more. It cannot have gone while this session has both locks; but see 3. */
        ON_SOURCE(skip);
        WRITE(OPENING);
open:
        ON_TARGET(assert(!behind); target_open = true);
        WRITE(DONE);
        goto give_up;

retreat:
        WRITE(RETREATING);
#if CARELESS != 4
        ON_SOURCE(source_open = true);
#endif
        WRITE(IDLE);
        goto give_up;

target_lost:
        /* Nobody else can have opened the target for as long as this session holds the source's lock, and this
           one has not, unless OPENING may have got into the journal. */
        if
#if CARELESS == 1
        :: atomic { BEFORE_OPENING -> source_open = true }
#elif CARELESS == 2
        :: atomic { source_lock == me && (BEFORE_OPENING || known == OPENING) -> source_open = true }
#else
        :: atomic { source_lock == me && BEFORE_OPENING -> source_open = true }
#endif
        :: else -> skip /* exit 12: both are closed until somebody can read the journal */
        fi;
        goto give_up;

source_lost:
        skip; /* begins anew: what the source is, is asked again */
give_up:
        atomic {
            if :: source_lock == me -> source_lock = 0 :: else fi;
            if :: target_lock == me -> target_lock = 0 :: else fi
        };
        goto start
    } unless {
        atomic {
            killed[me] ->
            killed[me] = false;
            if :: source_lock == me -> source_lock = 0 :: else fi;
            if :: target_lock == me -> target_lock = 0 :: else fi
        }
    };
    goto start;
end:
    skip
}

active proctype world()
{
end:
    do
    :: atomic { source_open && !behind -> behind = true }
    :: atomic { kills > 0 -> kills--; killed[1] = true }
    :: atomic { kills > 0 -> kills--; killed[2] = true }
    :: atomic { outages > 0 && target_up -> outages--; target_up = false; target_lock = 0 }
    :: !target_up -> target_up = true
    :: atomic { restarts > 0 -> restarts--; source_lock = 0; if :: CARELESS != 3 -> skip :: else -> source_open = true fi }
    :: timeout -> assert(source_open != target_open); break
    od
}

init
{
    atomic { run instance(1); run instance(2) }
}

ltl never_both { [] !(source_open && target_open) }
