// Telemetry of the app, and the alerts that ask for a person.

param environmentName string
param location string
param tags object

@description('Object id of the app\'s identity.')
param principalId string

@description('Mail addresses to tell. Empty: alerts are shown in the portal alone.')
param alertEmails string[]

var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

// The words that activities/notify.py logs, and how soon a person should hear of them.
var alerts = [
  {
    name: 'repair-failed'
    title: 'A repair failed'
    description: 'A repair ended as failed: a person must look. Its report lists what is where.'
    query: 'AppTraces | where Message startswith "notice: repair.finished" and Message endswith ": failed"'
    severity: 1
  }
  {
    name: 'repair-broke-down'
    title: 'A repair\'s orchestration broke down'
    description: 'An orchestration ended by an error of its own, so that no report was written.'
    query: 'AppTraces | where Message has "(Orchestrator)" and Message has "State: Failed" and Message has_any ("repair_vm", "attend_vm")'
    severity: 1
  }
  {
    name: 'checkpoint-waiting'
    title: 'A repair waits for a person'
    description: 'A checkpoint waits for an answer; after its time is over the policy decides.'
    query: 'AppTraces | where Message startswith "notice: checkpoint.waiting"'
    severity: 2
  }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-${environmentName}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 90
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${environmentName}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // The connection string then names a place and opens nothing: only the identity below may write.
    DisableLocalAuth: true
  }
}

resource publishes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, metricsPublisher)
  scope: insights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
  }
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(alertEmails)) {
  name: 'ag-${environmentName}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: take(environmentName, 12)
    enabled: true
    emailReceivers: [
      for address in alertEmails: {
        name: address
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: '${environmentName}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.title
      description: alert.description
      severity: alert.severity
      enabled: true
      scopes: [workspace.id]
      // Each is a thing that happened: it does not end by itself.
      autoMitigate: false
      evaluationFrequency: 'PT5M'
      windowSize: 'PT5M'
      // The table is not there before the app has logged for the first time.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: {
        actionGroups: empty(alertEmails) ? [] : [people.id]
      }
    }
  }
]

output connectionString string = insights.properties.ConnectionString
