"""Cue phrases of scientific prose, in one place. What follows from a cue is decided elsewhere.

Each table is one regular expression, read without regard to case unless it says otherwise.
"""

from __future__ import annotations

import re

from tools.text.patterns import any_of

OBJECTIVE = any_of(
    r"\b(?:further|future|additional|more|larger|subsequent) (?:\w+ )?(?:studies|study|"
    r"research|work|investigations?|trials?|experiments?)\b",
    r"\b(?:should|must|need(?:s|ed)? to) (?:\w+ )?be\b|\b(?:is|are) (?:needed|required|"
    r"warranted)\b",
    r"\b(?:aim|purpose|objective|goal)s? (?:of|was|is|were|here|in)\b",
    r"\b(?:aimed|designed|conducted|undertaken|carried out|performed|intended|sought|set out) to\b",
    r"\b(?:we|this (?:paper|study|article|work|review)) (?:aim|investigate|examine|describe|present"
    r"|propose|address|discuss|review|evaluate|assess|explore|study|consider|focus|report|"
    r"introduce)"
    r"(?:s|d|ed)?\b",
    r"^to (?:investigate|determine|evaluate|assess|examine|study|compare|identify|analy[sz]e|"
    r"test)\b",
    r"\bhypothes[ie][sz]ed?\b",
    r"\bwas (?:to|hypothesi[sz]ed)\b",
    r"\b(?:study|work) (?:investigated|examined|evaluated|assessed|analy[sz]ed|explored|"
    r"compared)\b",
)

METHOD = any_of(
    r"\b(?:was|were) (?:\w+ly )?(?:measured|collected|performed|conducted|carried out|assessed|used"
    r"|analy[sz]ed|evaluated|prepared|calculated|recorded|purchased|obtained from|randomi[sz]ed"
    r"|randomly|divided|assigned|treated|fed|administered|examined|investigated|determined using"
    r"|estimated using|extracted|isolated from|subjected|incubated|cultured|grown|kept|housed"
    r"|centrifuged|dissolved|added|stored|washed|dried|weighed|sacrificed|sampled|recruited|"
    r"enrolled"
    r"|included|excluded|selected|searched|screened|tested|compared (?:using|by)|applied|planted"
    r"|sown|harvested|amplified|sequenced|stained|injected|exposed|monitored|followed|approved"
    r"|employed|computed|fitted|trained|modelled|validated using|studied|interviewed|asked|given"
    r"|inoculated|transferred|filtered|diluted|mixed|heated|cooled|placed|set|chosen|defined|"
    r"genotyped"
    r"|quantified|characteri[sz]ed (?:by|using)|evaluated|done|adjusted|expressed as|reported "
    r"as|considered (?:significant|as)|classified|defined as|determined (?:by|with|in))\b",
    r"\bwe (?:\w+ly )?(?:used|measured|collected|performed|conducted|analy[sz]ed|evaluated|"
    r"calculated"
    r"|selected|tested|examined|investigated|assessed|applied|employed|compared|recruited|sequenced"
    r"|developed|built|constructed|trained|generated|searched|carried|prepared|recorded|"
    r"estimated)\b",
    r"\b(?:according to the (?:manufacturer|method|procedure|protocol)|as described "
    r"(?:previously|by)"
    r"|purchased from|statistical analys[ie]s|software|version \d|inc\.|co\., ltd|gmbh|sigma)\b",
    r"\b(?:rpm|for \d+ (?:min|h|s|hours?|minutes?)\b.{0,40}\b(?:at|in)\b)",
)

FINDING = any_of(
    r"\b(?:show(?:s|ed|n)?|demonstrate[sd]?|reveal(?:s|ed)?|indicate[sd]?|suggest(?:s|ed)?"
    r"|confirm(?:s|ed)?|exhibit(?:s|ed)?|found|observed|detected|identified|resulted in|"
    r"yield(?:s|ed)?"
    r"|achieve[sd]?|outperform(?:s|ed)?|caused?|led to|leads to|associated with|correlated?)\b",
    r"\b(?:increas|decreas|reduc|improv|inhibit|enhanc|declin|elevat|attenuat|suppress|accelerat"
    r"|prevent|stimulat|induc|affect|differ|up-?regulat|down-?regulat|promot|impair)(?:e[sd]?|"
    r"s|ed)\b",
    r"\b(?:was|were|is|are) (?:\w+ly |not )?(?:higher|lower|greater|larger|smaller|better|"
    r"worse|longer"
    r"|shorter|faster|slower|more|less|similar|different|significant|effective|comparable|present"
    r"|absent|associated|correlated|related|the (?:highest|lowest|most|best|main|major))\b",
    r"\b(?:significant(?:ly)?|respectively|compared (?:to|with)|in comparison|than (?:in|the|"
    r"that|those)"
    r"|no (?:significant )?(?:difference|effect|change|correlation)s?|a total of|of which|highest"
    r"|lowest|majority|most (?:abundant|common|frequent|effective)|ranged from|varied|"
    r"accounted for)\b",
)

STATISTIC = any_of(
    r"\bp\s*[<=>≤]\s*0?\.\d", r"\b(?:95\s?%\s?CI|OR|HR|RR)\b\s*[:=]?\s*\d", r"r2?\s*=\s*-?0?\.\d"
)
CONCLUSION = any_of(
    r"^(?:in conclusion|in summary|to conclude|overall|taken together|collectively|altogether|thus"
    r"|therefore|hence|consequently|these (?:results|findings|data)|our (?:results|findings|"
    r"data|study)"
    r"|the (?:present )?(?:results|findings|study|data))\b",
    r"\b(?:may|might|could|can) be (?:used|useful|considered|a |an |due|attributed|applied|"
    r"exploited)",
    r"\b(?:provides?|offers?|represents?|plays?|contributes?) (?:a|an|new|the|valuable|"
    r"important|useful|to)\b",
    r"\b(?:suggest(?:s|ing)?|conclude|implies|imply|highlights?|potential(?:ly)?|promising|"
    r"useful)\b",
)

PROPOSED = any_of(
    r"\b(?:proposed|presented|developed|introduced|designed) (?:\w+ ){0,2}(?:method|model|"
    r"approach|algorithm|system|framework|scheme|technique|architecture|network|solution|"
    r"controller|protocol)",
    r"\b(?:is|are|was|were) (?:\w+ly )?(?:proposed|presented|introduced|developed|described|"
    r"discussed|designed|implemented)\b",
)
BASED = any_of(
    r"\b(?:idea|approach|method|algorithm|model|system|framework) (?:is|are) (?:based|to|used|"
    r"designed|composed|applied|evaluated|tested)",
    r"\bconsists? of\b|\bis based on\b|\busing\b",
)
TRIED = any_of(r"\b(?:experiments?|evaluat|benchmark|data ?sets?|simulation)")
RECRUITED = any_of(
    r"\b(?:patients?|subjects|participants|women|men|children|adolescents|volunteers|respondents|"
    r"students)\b.{0,40}\b(?:completed|underwent|received|were (?:\w+ly )?(?:enrolled|recruited|"
    r"included|randomi|assigned|invited|asked|interviewed|surveyed))",
    r"\b(?:a total of|sample of|data from)\b.{0,60}\b(?:patients|participants|women|men|subjects|"
    r"children|adults)",
)
PURPOSE = any_of(r"^to [a-z]+\b", r"\bin order to\b", r"\bso as to\b")
COMPARED = any_of(r"\bthan\b")
YEAR = any_of(r"\b(?:19|20)\d\d\b")
DIGIT = any_of(r"\d")

BACKGROUND = any_of(
    r"\b(?:is|are) (?:\w+ly |one of )?(?:an? |the )?(?:\w+ )?(?:important|major|common|"
    r"essential|popular"
    r"|widely|known|used|considered|necessary|needed|required|critical|crucial|staple|"
    r"responsible)\b",
    r"\b(?:has|have) (?:\w+ )?(?:been|become|attracted|received|gained|long|recently)\b",
    r"\b(?:however|although|despite|little is known|remains? (?:un|to be|a|poorly|largely)|"
    r"unclear|unknown"
    r"|poorly understood|few studies|there (?:is|are) (?:a|no|few|little|an|many|limited|"
    r"currently))\b",
    r"\b(?:recent(?:ly)?|in recent (?:years|decades)|worldwide|traditionally|nowadays|in the "
    r"past|for "
    r"(?:centuries|decades|many years)|growing (?:interest|number)|to date|so far|challenge|"
    r"urgent|lack of)\b",
)

OTHERS = any_of(
    r"\b(?:previous(?:ly)?|prior|earlier|other|recent|several|some|many|numerous|published) "
    r"(?:\w+ )?"
    r"(?:studies|study|works?|reports?|authors?|research(?:ers)?|workers|scientists|groups? "
    r"(?:has|have)|investigat\w+|literature|findings|results"
    r"|reported|described|shown|observed|published|proposed|experiments?)\b",
    r"\b(?:reported|described|shown|observed|found|suggested|proposed|introduced|demonstrated) "
    r"(?:previously"
    r"|earlier|elsewhere|by others|in the literature|in (?:previous|other|earlier))\b",
    r"\b(?:has|have) (?:also |previously |already )?been (?:\w+ly )?(?:reported|shown|"
    r"described|suggested|proposed|demonstrated"
    r"|found|documented|established|observed|studied|used|implicated|published|identified)\b",
    r"\b(?:in agreement|consistent|in accordance|in line|similar|agree[sd]?|contrary|in "
    r"contrast|comparable) "
    r"(?:with|to) (?:\w+ )*(?:previous|earlier|other|reports?|studies|stud(?:y|ies) (?:of|by)|"
    r"literature|findings|results|those)\b",
    r"\bet al\b",
    r"\b(?:in )?(?:another|one|a recent|their|a previous|an earlier) "
    r"(?:study|work|experiment|trial|report)\b",
    r"\b(?:they|the authors) (?:\w+ly )?(?:found|reported|showed|observed|concluded)\b",
    r"\baccording to [A-Z]",
    r"\bthe literature\b",
    r"\bit is (?:well[- ]|widely |generally )?"
    r"(?:known|accepted|believed)\b",
)

CITATION = re.compile(
    r"[A-Za-z]\)\d{1,3}(?:[,–-]\d{1,3})*(?=[.,;]?\s|[.,;]?$)|"
    r"\(\d{1,3}(?:\s?[,;–-]\s?\d{1,3})+\)|\(\d{1,3}\)(?=[.,;]?\s?$)|"
    r"\[\s?\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*\s?\]"
    r"|\((?:see |e\.g\.,? |cf\. |reviewed in )?[A-Z][\w’'-]+(?:,? (?:et al\.?|and|"
    r"&)[^()]{0,40})?,? (?:1[89]|20)\d\d[a-z]?[^()]*\)"
    r"|\b[A-Z][\w’'-]+ (?:et al\.?|and [A-Z][\w’'-]+|& [A-Z][\w’'-]+),? ?[(\[](?:1[89]|20)?\d"
    r"|\b[A-Z][\w’'-]+ \((?:1[89]|20)\d\d[a-z]?\)"
    r"|[a-z)][.,;]\d{1,3}(?:[–,-]\s?\d{1,3})*(?=\s|$)"
    r"|(?<=[a-z]{3})\d{1,2}(?:[,–-]\d{1,2})*(?=[.,;]\s|[.,;]?$)"
    r"|\[(?:@|[A-Z][\w’'-]+,? (?:et al)?)[^\]]*\d{2,4}[a-z]?\]"
)
"""Marks that point at other people's work: [12], (Smith et al., 2010), Smith (2010), found.1-3"""
